using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Csv.Detection;

/// <summary>What is said of a file before it is looked at.</summary>
/// <param name="Given">By whoever sends it; it is not questioned.</param>
/// <param name="OfModel">By its model, of the files that it usually gets.</param>
/// <param name="Detects">Where the header line is none of the model's, it may show how the file is written.</param>
public sealed record ToldDialect(FileDialect? Given, FileDialect? OfModel, bool Detects)
{
    /// <summary>Both together; null: plain CSV.</summary>
    /// <exception cref="SchemaException">INVALID_DIALECT: two members cannot both hold.</exception>
    public FileDialect? All => DialectOptions.Of(Given, OfModel);
}
