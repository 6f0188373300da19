using Batch.Core.ClickHouse;

namespace Batch.Worker.Chunks;

/// <summary>ClickHouse refuses these rows, and would refuse them again. What is refused of any other statement is not the chunk's fault.</summary>
internal sealed class RowsRefusedException(ClickHouseException reason) : Exception(reason.Message, reason);
