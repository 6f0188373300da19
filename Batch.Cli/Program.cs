return await Batch.Cli.BatchCommandLine.RunAsync(args, Batch.Cli.Terminal.System);
