using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Batch.Standalone;

/// <summary>Finds the Aspire CLI, or fetches it with npm.</summary>
static class AspireDashboardCli
{
    /// <summary>Path of the executable. The first call takes as long as 130 MB take; further ones look at one file.</summary>
    /// <exception cref="AspireDashboardException">It is not there and cannot be fetched.</exception>
    public static async Task<string> FindOrFetchAsync(AspireDashboardOptions options, Action<string>? progress, CancellationToken cancellationToken)
    {
        if (options.CliPath is { Length: > 0 } given)
            return File.Exists(given) ? given : throw new AspireDashboardException($"There is no Aspire CLI at {given} (AspireDashboard__CliPath).");

        var target = Path.Combine(options.Directory, AspireDashboardOptions.Version);
        var executable = Path.Combine(target, "bin", "aspire");
        if (File.Exists(executable))
            return executable;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new AspireDashboardException("The Aspire dashboard is fetched for Linux on x64 only. Set the environment variable AspireDashboard__CliPath to an installed Aspire CLI.");

        progress?.Invoke($"Fetching the Aspire dashboard ({AspireDashboardOptions.Package} {AspireDashboardOptions.Version}, about 130 MB), this once.");
        // Fetched beside and moved into place whole: a broken download is never taken for a CLI, and two processes may fetch at once.
        var fetched = Path.Combine(options.Directory, $".fetch-{Guid.NewGuid():N}");
        Directory.CreateDirectory(fetched);
        try
        {
            await RunNpmAsync(options, fetched, cancellationToken);
            var package = Path.Combine(fetched, "node_modules", AspireDashboardOptions.Package);
            try
            {
                Directory.Move(package, target);
            }
            catch (IOException) when (File.Exists(executable))
            {
                // Another process was faster; its copy is the same.
            }
        }
        finally
        {
            Directory.Delete(fetched, recursive: true);
        }

        return File.Exists(executable) ? executable : throw new AspireDashboardException($"{AspireDashboardOptions.Package} holds no bin/aspire.");
    }

    static async Task RunNpmAsync(AspireDashboardOptions options, string folder, CancellationToken cancellationToken)
    {
        using var npm = new Process
        {
            StartInfo = new ProcessStartInfo("npm",
            [
                "install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
                $"{AspireDashboardOptions.Package}@{AspireDashboardOptions.Version}",
            ])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            npm.Start();
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or FileNotFoundException)
        {
            throw new AspireDashboardException("npm is needed to fetch the Aspire dashboard and is not installed.", exception);
        }

        npm.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.FetchTimeout);
        try
        {
            var output = npm.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = await npm.StandardError.ReadToEndAsync(deadline.Token);
            await output;
            await npm.WaitForExitAsync(deadline.Token);
            if (npm.ExitCode != 0)
                throw new AspireDashboardException($"npm could not fetch the Aspire dashboard: {errors.Trim()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AspireDashboardException($"npm did not fetch the Aspire dashboard within {options.FetchTimeout.TotalMinutes:0.#} minutes.");
        }
        finally
        {
            if (!npm.HasExited)
                npm.Kill(entireProcessTree: true);
        }
    }
}
