using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Batch.Core.Ids;

namespace Batch.Core.Jobs;

/// <summary>Ids that follow from what a job is, so that every API makes the same job of it and the first to insert it wins.</summary>
public static class JobIds
{
    /// <summary>The id of a labelled job: the same label of the same tenant is the same job on every API.</summary>
    /// <param name="generation">Counts the jobs of the label: the next one is made where all before loaded nothing.</param>
    public static string OfLabel(string tenantId, string label, int generation = 0) =>
        Of(generation == 0 ? $"{tenantId}\0{label}" : string.Create(CultureInfo.InvariantCulture, $"{tenantId}\0{label}\0{generation}"));

    /// <summary>The id of the n-th repair of a file.</summary>
    internal static string OfRepair(JobKey root, int number) => Of(string.Create(CultureInfo.InvariantCulture, $"{root.TenantId}\0{root.JobId}\0{number}"));

    static string Of(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..BatchId.Length];
}
