using Batch.Benchmarks;

// dotnet run -c Release --project Batch.Benchmarks -- --help
return await BenchmarkCommand.RunAsync(args);
