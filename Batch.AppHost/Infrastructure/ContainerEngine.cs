using System.ComponentModel;
using System.Diagnostics;

namespace Batch.AppHost;

/// <summary>Looks for a container engine that answers. A program called docker is not enough: its daemon must be up.</summary>
static class ContainerEngine
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(3);

    /// <returns>"docker" or "podman"; null where neither answers within a few seconds.</returns>
    public static async Task<string?> FindAsync(CancellationToken cancellationToken)
    {
        // Both are asked at once; docker is taken where both answer, as Aspire does.
        var podman = AnswersAsync("podman", "{{.Version}}", cancellationToken);
        if (await AnswersAsync("docker", "{{.Server.Version}}", cancellationToken))
            return "docker";
        return await podman ? "podman" : null;
    }

    static async Task<bool> AnswersAsync(string program, string format, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["version", "--format", format])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(GiveUpAfter);
            try
            {
                var answer = process.StandardOutput.ReadToEndAsync(limit.Token);
                _ = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 && !string.IsNullOrWhiteSpace(await answer);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            }
        }
        catch (Win32Exception)
        {
            // Not installed.
            return false;
        }
    }
}
