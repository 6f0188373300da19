namespace Batch.EmbeddedKafka.Server;

/// <summary>What a connection waits for from its client.</summary>
internal enum Awaited
{
    /// <summary>The next request, whenever there is one.</summary>
    Request,
    /// <summary>The rest of a request that has begun: it holds memory that others wait for.</summary>
    RestOfRequest,
    /// <summary>That the client reads its response.</summary>
    Reading,
    /// <summary>Nothing: the broker is at work, or waits for records as the client has asked it to.</summary>
    Nothing,
}

/// <summary>Says which connections have made no progress for too long. Asked by one timer for all connections.</summary>
internal sealed class ConnectionClock(TimeProvider time)
{
    // connections.max.idle.ms, as Kafka's default.
    static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(10);
    static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(30);

    long _since = time.GetTimestamp();
    volatile Awaited _reading = Awaited.Request;
    volatile Awaited _sending = Awaited.Nothing;
    int _atWork;

    public void Progress() => Volatile.Write(ref _since, time.GetTimestamp());

    public void Expect(Awaited awaited)
    {
        _reading = awaited;
        Progress();
    }

    public void Sending(bool isSending)
    {
        _sending = isSending ? Awaited.Reading : Awaited.Nothing;
        Progress();
    }

    public void RequestBegins() => Interlocked.Increment(ref _atWork);

    public void RequestEnds()
    {
        Interlocked.Decrement(ref _atWork);
        Progress();
    }

    public bool IsOver
    {
        get
        {
            var quiet = time.GetElapsedTime(Volatile.Read(ref _since));
            if (_reading == Awaited.RestOfRequest || _sending == Awaited.Reading)
                return quiet > StallLimit;
            return Volatile.Read(ref _atWork) == 0 && quiet > IdleLimit;
        }
    }
}
