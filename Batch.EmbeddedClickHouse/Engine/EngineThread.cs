using System.Collections.Concurrent;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>A thread of its own for calls into the engine: they block, some for minutes, and must not do so on the thread pool.</summary>
internal sealed class EngineThread : IDisposable
{
    readonly BlockingCollection<Action> _work = [];

    internal EngineThread(string name) =>
        new Thread(Serve) { IsBackground = true, Name = name }.Start();

    /// <summary>Runs the call after those already handed in.</summary>
    internal Task<T> RunAsync<T>(Func<T> call)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                completion.SetResult(call());
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });
        return completion.Task;
    }

    /// <summary>Ends the thread after the calls handed in.</summary>
    public void Dispose() => _work.CompleteAdding();

    void Serve()
    {
        foreach (var call in _work.GetConsumingEnumerable())
        {
            call();
        }
        _work.Dispose();
    }
}
