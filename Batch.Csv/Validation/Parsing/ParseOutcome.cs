namespace Batch.Csv.Validation.Parsing;

/// <summary>What a field's text turned out to be.</summary>
public enum ParseOutcome : byte
{
    Ok,
    /// <summary>Nothing there, or only spaces and tabs.</summary>
    Blank,
    /// <summary>Not a value of the type at all.</summary>
    Malformed,
    /// <summary>Well written, but too large, too small or too long for the type.</summary>
    OutOfRange,
    /// <summary>Well written, but with digits that the type does not keep.</summary>
    PrecisionLoss,
}
