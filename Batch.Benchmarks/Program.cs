using Batch.Benchmarks;
using Batch.Benchmarks.Running;
using Batch.Standalone;

// dotnet run -c Release --project Batch.Benchmarks -- --help
return args is [BatchSystem.Role, .. var rest] ? await StandaloneCommand.RunAsync(rest) : await BenchmarkCommand.RunAsync(args);
