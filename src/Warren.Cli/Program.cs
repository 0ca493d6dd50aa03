using Warren.Cli;

using var interrupt = new Interrupt();
return await CommandLine.RunAsync(args, Surroundings.OfThisProcess(interrupt.Token));
