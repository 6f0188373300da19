namespace Batch.Core.Jobs.Reading;

/// <summary>What a worker asks before it touches a chunk.</summary>
/// <param name="HasReceipt">The chunk is done already: commit and go on.</param>
/// <param name="JobIsOver">Cancelled or failed: the chunk's rows are abandoned.</param>
/// <param name="ErrorsSoFar">Rejected rows of the job's other chunks; read only where the job has an error budget, else 0.</param>
/// <param name="SawRestart">
/// ClickHouse has been started again since the job was made: an insert of the chunk may have been cut short, and a token is not enough to tell
/// (<see cref="Batch.Core.ClickHouse.ClickHouseClient.InsertOnceAsync"/>). True as well where the load was carried on: the token of a first attempt may be
/// long forgotten.
/// </param>
public readonly record struct ChunkPrecheck(bool HasReceipt, bool JobIsOver, long ErrorsSoFar, bool SawRestart)
{
    /// <summary>The job's current attempt. A chunk of an earlier one is left alone: the current one brings it again.</summary>
    public int Attempt { get; init; }

    /// <summary>CRC-32C of the bytes whose rows stand in the tables; 0 where there are none, or it is not known.</summary>
    public uint ReceiptChecksum { get; init; }
}
