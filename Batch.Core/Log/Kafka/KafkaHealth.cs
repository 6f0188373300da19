using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Whether the brokers answer; one line when they stop and one when they are back, however many clients and retries there are.</summary>
internal sealed class KafkaHealth(string servers, ILogger logger, TimeProvider? time = null)
{
    /// <summary>If a producer fails fatally twice within this time, replacing it does not help.</summary>
    static readonly TimeSpan FatalAgain = TimeSpan.FromSeconds(30);

    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly Lock _gate = new();
    bool _down;
    string? _reason;
    (string Reason, long At, bool Again)? _fatal;

    public string Servers { get; } = servers;

    /// <summary>Connections fail now.</summary>
    public bool IsOutage => Volatile.Read(ref _reason) is not null;

    /// <summary>Why every producer that is made fails; null where that is not so. One failure alone is over with the next producer.</summary>
    public string? Fatal
    {
        get
        {
            lock (_gate)
                return _fatal is { Again: true } fatal && _time.GetElapsedTime(fatal.At) < FatalAgain ? fatal.Reason : null;
        }
    }

    public void OnProducerError(Error error)
    {
        if (error.IsFatal)
            lock (_gate)
                _fatal = (error.Reason, _time.GetTimestamp(), _fatal is { } before && _time.GetElapsedTime(before.At) < FatalAgain);
        OnError(error);
    }

    /// <summary>Takes in what librdkafka reports by itself, from whatever client and thread.</summary>
    public void OnError(Error error)
    {
        if (error.IsFatal)
            logger.KafkaFatal(Servers, error.Reason);
        if (!MeansOutage(error.Code))
            return;
        lock (_gate)
        {
            // "All brokers are down" follows the error that says why; it is the why that is worth a line.
            if (error.Code != ErrorCode.Local_AllBrokersDown || _reason is null)
                _reason = error.Reason;
            if (error.Code != ErrorCode.Local_AllBrokersDown && error.Code != ErrorCode.Local_Authentication && error.Code != ErrorCode.Local_Ssl)
                return;
            if (_down)
                return;
            _down = true;
        }
        logger.KafkaUnreachable(Servers, _reason!);
    }

    /// <summary>A record was acknowledged.</summary>
    public void OnAppended()
    {
        if (_fatal is not null)
            lock (_gate)
                _fatal = null;
        OnAnswer();
    }

    /// <summary>The brokers have answered.</summary>
    public void OnAnswer()
    {
        if (!Volatile.Read(ref _down) && Volatile.Read(ref _reason) is null)
            return;
        bool wasDown;
        lock (_gate)
            (wasDown, _down, _reason) = (_down, false, null);
        if (wasDown)
            logger.KafkaReachable(Servers);
    }

    public LogUnavailableException Unavailable(Error error, Exception? inner) =>
        new($"Kafka at {Servers} cannot be reached: {Volatile.Read(ref _reason) ?? error.Reason}.", inner);

    static bool MeansOutage(ErrorCode code) =>
        code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Transport or ErrorCode.Local_Resolve
            or ErrorCode.Local_Authentication or ErrorCode.Local_Ssl;

    /// <summary>librdkafka's own lines: details for who looks for them, and never a flood.</summary>
    public void OnLog(LogMessage message) =>
        logger.KafkaDetail(message.Level <= SyslogLevel.Critical ? LogLevel.Error : LogLevel.Debug, message.Facility, message.Message);
}
