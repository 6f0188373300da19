return await Batch.Standalone.StandaloneCommand.RunAsync(args);
