using System.Runtime.InteropServices;
using System.Text;

namespace Batch.Csv.Validation.Native;

/// <summary>The columns that say where a row came from: <c>_job_id</c> and <c>_row</c>, its number in the file.</summary>
sealed class JobColumnsEncoder(PagePool pool)
{
    public const string JobId = "_job_id", Row = "_row";

    readonly LowCardinalityBuffer _job = new(JobId, "LowCardinality(String)", pool);
    readonly PagedBuffer _row = new(pool);
    uint _key;

    public void Reset()
    {
        _job.Clear();
        _row.Clear();
        _row.WriteColumnHeader(Row, "UInt64");
    }

    /// <summary>The rows that follow are of this job. Each job comes once.</summary>
    public void Begin(ChunkRows rows) => _key = _job.AddKey(Encoding.UTF8.GetBytes(rows.JobId));

    /// <summary>The good rows of a batch that begins with the chunk's n-th row, from 0.</summary>
    public void Commit(ReadOnlySpan<RowRun> goodRuns, ChunkRows rows, int firstRow)
    {
        Span<ulong> numbers = stackalloc ulong[ChunkValidator.BatchRows];
        foreach (var run in goodRuns)
        {
            if (rows.RowNumbers is null)
            {
                var first = (ulong)rows.FirstRow + (ulong)(firstRow + run.Start);
                for (var i = 0; i < run.Count; i++)
                    numbers[i] = first + (ulong)i;
            }
            else
            {
                for (var i = 0; i < run.Count; i++)
                    numbers[i] = (ulong)rows.RowNumber(firstRow + run.Start + i);
            }

            _job.Append(_key, run.Count);
            _row.Write(MemoryMarshal.AsBytes(numbers[..run.Count]));
        }
    }

    public void WriteTo(BlockAssembler block)
    {
        _job.WriteTo(block);
        block.Append(_row);
    }
}
