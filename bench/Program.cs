using BenchmarkDotNet.Running;
using Puna.Bench;

if (args is ["tokenizer-peers", .. string[] peers])
    return TokenizerPeers.Run(peers);

if (args is ["emulator"])
    return EmulatorSpeed.Run();

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
