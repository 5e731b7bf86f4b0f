using BenchmarkDotNet.Running;
using Puna.Bench;

switch (args)
{
    case ["tokenizer-peers", .. string[] peers]: return TokenizerPeers.Run(peers);
    case ["emulator"]: return EmulatorSpeed.Run();
    case ["divergence", .. string[] rest]: return ModeDivergence.Run(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
