using BenchmarkDotNet.Running;
using Puna.Bench;

if (args is ["tokenizer-peers", .. string[] peers])
    return TokenizerPeers.Run(peers);

if (args is ["emulator", .. string[] kernels])
    return EmulatorSpeed.Run(kernels);

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
