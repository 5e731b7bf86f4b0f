using Puna.Tools.GpuCheck;

return GpuCheckCommand.Run(args, Console.Out, Console.Error, TimeProvider.System);
