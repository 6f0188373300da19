await Batch.Worker.WorkerApplication.Create(args).RunAsync();
