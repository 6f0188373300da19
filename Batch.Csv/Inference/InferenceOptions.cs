using Batch.Csv.Dialects;
using Batch.Primitives;

namespace Batch.Csv.Inference;

/// <summary>How a schema is inferred.</summary>
public sealed record InferenceOptions
{
    /// <summary>How the file differs from plain CSV; null: not at all.</summary>
    /// <remarks>Without a delimiter in it, the one of <c>,</c> <c>;</c> <c>|</c> and tab is taken that splits the first 64 KiB best.</remarks>
    public FileDialect? Dialect { get; init; }

    /// <summary>A longer row is left out, as it will be when the file is loaded. 1 MiB by default.</summary>
    public int MaxRowBytes { get; init; } = 1 << 20;

    /// <summary>A text column of more values than this is a STRING. 32 is what a person still reads through in a schema; at most 64.</summary>
    public int MaxCategories { get; init; } = 32;

    /// <summary>Every value of a CATEGORY occurs this often on average; with fewer, the file has probably not shown all of them.</summary>
    public int MinRepetition { get; init; } = 20;

    /// <summary>Fewer values than this show no category.</summary>
    public int MinCategoryRows { get; init; } = 100;

    /// <summary>A CATEGORY allows the values that were seen and no other.</summary>
    public bool ClosedCategories { get; init; }

    /// <summary>Leave columns out whose names cannot be in a model, or come twice, and have them ignored; otherwise they are an error.</summary>
    public bool IgnoreUnusableColumns { get; init; }

    /// <summary>The first line is the header line even where it looks like a row.</summary>
    public bool TrustHeader { get; init; }

    /// <summary>Read no more rows than this; null: all of them. What comes after them may not fit the schema.</summary>
    public long? MaxRows { get; init; }

    /// <summary>Stop at the end of the row, or of the 64 KiB, in which so many bytes have been read; null: read to the end.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Where the reading gets its memory; null: its own, two chunks of 8 MiB (more where rows may be longer than 4 MiB).</summary>
    public ByteBudget? Budget { get; init; }
}
