using Batch.Core.Jobs;

namespace Batch.Api.Uploads;

/// <summary>What a request with a label has to do.</summary>
internal enum LoadStep
{
    /// <summary>Nothing was loaded under the label: make a job.</summary>
    Begin,
    /// <summary>The load broke off with rows loaded: bring the rest.</summary>
    CarryOn,
    /// <summary>The file has been loaded: see whether it is this one.</summary>
    Compare,
    /// <summary>It is being loaded, or nothing is known to tell files apart by: the job is the answer.</summary>
    Answer,
}

/// <param name="JobId">Of the job to make, or of the one there is.</param>
/// <param name="Job">The one there is; null where one is to be made.</param>
internal readonly record struct LabelledLoad(LoadStep Step, string JobId, Job? Job);
