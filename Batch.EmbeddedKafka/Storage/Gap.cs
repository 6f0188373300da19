namespace Batch.EmbeddedKafka.Storage;

/// <summary>Damaged bytes of a segment, [From, To), and the offset that reading goes on with behind them.</summary>
internal readonly record struct Gap(long From, long To, long NextOffset);
