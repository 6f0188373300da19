using Spectre.Console;

namespace Batch.Cli;

/// <summary>A bar with bytes, rate and time left while a file goes up; nothing off a terminal.</summary>
internal static class UploadProgress
{
    public static async Task<T> ShowAsync<T>(Terminal terminal, Stream file, long? length, Func<Stream, Task<T>> upload)
    {
        if (!terminal.Animate)
            return await upload(file);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("uploading", maxValue: Math.Max(length ?? 1, 1));
                task.IsIndeterminate = length is null;
                return await upload(new CountingStream(file, read => task.Increment(read)));
            });
    }
}
