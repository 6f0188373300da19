using System.Diagnostics;
using Batch.Core.Log.Kafka;

namespace Batch.Tests.Log.Mock;

/// <summary>A mock broker in a process of its own, for the tests of one class. It ends with this process at the latest.</summary>
public sealed class MockBrokerProcess : IAsyncLifetime
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);
    readonly SemaphoreSlim _turn = new(1, 1);
    Process? _process;

    public string Servers { get; private set; } = "";

    public async Task InitializeAsync()
    {
        try
        {
            KafkaLibrary.Load();
        }
        catch (InvalidOperationException)
        {
            return;
        }
        _process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(MockBrokerProcess).Assembly.Location, MockBrokerProgram.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        Servers = await _process.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout) ?? throw new InvalidOperationException("The mock broker did not start.");
    }

    public void SkipWithoutIt() => Skip.If(_process is null, "librdkafka does not run on this platform.");

    /// <summary>One line of those that <see cref="MockBrokerProgram"/> lists.</summary>
    public async Task TellAsync(string line)
    {
        await _turn.WaitAsync(TestTimeout);
        try
        {
            await _process!.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
            Assert.Equal("ok", await _process.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>SIGSTOP: connections stay open and nothing is answered, as when a machine or a network hangs.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    public async Task DisposeAsync()
    {
        if (_process is null)
            return;
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        catch (IOException)
        {
            // It is gone already; the tests that needed it have said so.
        }
        _process.Dispose();
    }
}
