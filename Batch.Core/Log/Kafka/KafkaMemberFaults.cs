using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>What keeps a member from reading: faults that pass, and why the group does not take it in. One line for each, however often it repeats.</summary>
/// <param name="wake">Ends the wait after a fault.</param>
internal sealed class KafkaMemberFaults(KafkaOptions options, KafkaHealth health, string group, int member, WaitHandle wake, ILogger logger)
{
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Longer than a group takes to agree; statistics, which say so, come every few seconds.</summary>
    static readonly TimeSpan JoinsWithin = TimeSpan.FromSeconds(90);

    volatile string? _refusal;
    string? _last;
    long _memberAt = Environment.TickCount64;

    /// <summary>Why the group does not take it in; null while it is a member, with or without partitions, or is becoming one.</summary>
    public string? Refusal => _refusal
        ?? (TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _memberAt)) is var missing && missing > JoinsWithin + options.SessionTimeout
            ? $"Member {member} has not been in the group {group} for {missing:hh\\:mm\\:ss}: it reads nothing."
            : null);

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
        Volatile.Write(ref _memberAt, Environment.TickCount64);
        if (_refusal is null)
            return;
        _refusal = null;
        logger.MemberTakenIn(group);
    }

    /// <summary>A record has come.</summary>
    public void OnRecord() => _last = null;
}
