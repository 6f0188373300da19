namespace Batch.Core.Jobs.Reading;

/// <summary>What a worker checks before it loads a chunk: the answer of the gate.</summary>
/// <param name="HasReceipt">The chunk is done already: commit and continue.</param>
/// <param name="JobIsOver">Cancelled or failed: the chunk's rows are abandoned.</param>
/// <param name="ErrorsSoFar">Rejected rows of the job's other chunks; read only if the job has an error budget, else 0.</param>
/// <param name="SawRestart">
/// ClickHouse has restarted since the job was created: an insert of the chunk may have been cut short, and its token cannot be trusted
/// (<see cref="Batch.Core.ClickHouse.ClickHouseClient.InsertOnceAsync"/>). Also true if the load was resumed: the token of an earlier attempt may be
/// long forgotten.
/// </param>
public readonly record struct ChunkPrecheck(bool HasReceipt, bool JobIsOver, long ErrorsSoFar, bool SawRestart)
{
    /// <summary>The job's current attempt. Chunks of earlier ones are ignored: the current one sends them again.</summary>
    public int Attempt { get; init; }

    /// <summary>CRC-32C of the bytes whose rows are in the tables; 0 if there are none, or it is unknown.</summary>
    public uint ReceiptChecksum { get; init; }
}
