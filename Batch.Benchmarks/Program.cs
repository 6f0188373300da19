using Batch.Benchmarks;

// One command, a table out: dotnet run -c Release --project Batch.Benchmarks [-- megabytes]
var megabytes = args is [var text, ..] && int.TryParse(text, out var given) ? given : 128;
await StageBenchmark.RunAsync(megabytes);
