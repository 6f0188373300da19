using Batch.Primitives;

namespace Batch.Core.ClickHouse;

/// <summary>The tables were made by a newer Batch. This one must not touch them.</summary>
public sealed class NewerLayoutException(string database, int found, int known) : RefusedStartException(
    $"The tables in database '{database}' have layout {found}, but this version of Batch supports layouts up to {known}. "
    + "Start the newer version, or give this one another database (ClickHouse:Database).");
