using Batch.Primitives;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>What keeps a member from reading: faults that pass, and why the group does not take it in. One line for each, however often it repeats.</summary>
/// <param name="wake">Ends the wait after a fault.</param>
internal sealed class KafkaMemberFaults(
    KafkaOptions options, KafkaHealth health, string group, int member, WaitHandle wake, ILogger logger, TimeProvider time)
{
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    /// <summary>A member polls ten times a second; what it waits for in between is bounded by Kafka:RequestTimeout, twice.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    static readonly Backoff Pauses = new(RetryAfter, TimeSpan.FromSeconds(30));

    /// <summary>Longer than a group takes to agree; statistics, which say so, come every few seconds.</summary>
    static readonly TimeSpan JoinsWithin = TimeSpan.FromSeconds(90);

    volatile string? _refusal;
    string? _last;
    int _failures;
    long _polledAt = time.GetTimestamp();
    long _memberAt = time.GetTimestamp();

    /// <summary>Why it does not read: the group does not take it in, its client failed, or it has not polled for long.</summary>
    /// <value>Null if it reads, or is joining.</value>
    public string? Fault
    {
        get
        {
            if (_refusal is { } refusal)
                return refusal;
            if (time.GetElapsedTime(Volatile.Read(ref _polledAt)) is var ago && ago > 2 * options.RequestTimeout + Silence)
                return FormattableString.Invariant($"Member {member} of group {group} has not polled Kafka for {ago.TotalSeconds:0} s.");
            return time.GetElapsedTime(Volatile.Read(ref _memberAt)) is var missing && missing > JoinsWithin + options.SessionTimeout
                ? $"Member {member} has not been in the group {group} for {missing:hh\\:mm\\:ss}: it reads nothing."
                : null;
        }
    }

    public void OnPoll() => Volatile.Write(ref _polledAt, time.GetTimestamp());

    /// <summary>The client failed, by a fault that nobody foresaw; shown until the group has taken the next one in.</summary>
    public void NoteFailure(Exception fault)
    {
        _refusal = $"Member {member} of group {group} failed and starts again: {fault.Message}";
        _failures++;
    }

    /// <summary>Longer each time that no record has come since the last failure.</summary>
    public TimeSpan PauseBeforeNextClient() => Pauses.After(Math.Max(1, _failures));

    /// <summary>Notes a fault, and waits before the next try.</summary>
    public void Report(Error error)
    {
        if (error.Code == ErrorCode.Local_MaxPollExceeded)
            return;
        if (!NoteRefusal(error) && _last != error.Reason)
            logger.ConsumeFailed(group, error.Reason);
        _last = error.Reason;
        wake.WaitOne(RetryAfter);
    }

    /// <summary>Notes an error that says why the group does not take this member in; false for any other.</summary>
    public bool NoteRefusal(Error error)
    {
        var refusal = KafkaFaults.ExplainGroup(health, options, group, KafkaConfigs.InstanceOf(options, member), error);
        if (refusal is null)
        {
            health.OnError(error);
            return false;
        }
        if (_refusal != refusal)
            logger.MemberRefused(refusal);
        _refusal = refusal;
        return true;
    }

    /// <summary>The group has taken it in.</summary>
    public void OnTakenIn()
    {
        Volatile.Write(ref _memberAt, time.GetTimestamp());
        if (_refusal is null)
            return;
        _refusal = null;
        logger.MemberTakenIn(group);
    }

    /// <summary>A record has come.</summary>
    public void OnRecord() => (_last, _failures) = (null, 0);
}
