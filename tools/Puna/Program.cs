using Puna.Tools;

return CommandLine.Run(args, Terminal.OfProcess());
