using BenchmarkDotNet.Running;
using Puna.Bench;

switch (args)
{
    case ["tokenizer-peers", .. string[] peers]: return TokenizerPeers.Run(peers);
    case ["emulator"]: return EmulatorSpeed.Run();
    case ["soak", .. string[] rest]: return Soak.Run(rest);
    case ["divergence", .. string[] mode]: return ModeDivergence.Run(mode);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
