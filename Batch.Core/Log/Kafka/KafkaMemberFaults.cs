using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>What keeps a member from reading: faults that pass, and why the group does not take it in. One line for each, however often it repeats.</summary>
/// <param name="wake">Ends the wait after a fault.</param>
internal sealed class KafkaMemberFaults(KafkaOptions options, KafkaHealth health, string group, int member, WaitHandle wake, ILogger logger)
{
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    volatile string? _refusal;
    string? _last;

    /// <summary>Why the group does not take it in; null while nothing is known against it.</summary>
    public string? Refusal => _refusal;

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
        if (_refusal is null)
            return;
        _refusal = null;
        logger.MemberTakenIn(group);
    }

    /// <summary>A record has come.</summary>
    public void OnRecord() => _last = null;
}
