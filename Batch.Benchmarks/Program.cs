using Batch.Benchmarks;
using Batch.Benchmarks.Running;
using Batch.Standalone;

// dotnet run -c Release --project Batch.Benchmarks [-- stages | endtoend | jobs | growth] [--megabytes N] [--rounds N] [--jobs N] …
return args is [BatchSystem.Role, .. var rest] ? await StandaloneCommand.RunAsync(rest) : await BenchmarkCommand.RunAsync(args);
