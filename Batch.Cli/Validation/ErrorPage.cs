using Batch.Csv.Validation.Rejects;

namespace Batch.Cli.Validation;

/// <summary>The errors of one chunk, made ready for printing by the thread that found them.</summary>
internal abstract class ErrorPage
{
    /// <returns>False: this is all that can be shown.</returns>
    public abstract bool Add(in RejectedError error);
}
