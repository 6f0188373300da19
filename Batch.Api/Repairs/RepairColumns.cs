using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Rejects;

namespace Batch.Api.Repairs;

/// <summary>Holds the header of rows that are run again against the model, as an upload's is held.</summary>
internal sealed class RepairColumns(ModelStore models)
{
    /// <summary>Columns that the source job ignored stay ignored; any other that the model lacks is a fault, unless the caller says otherwise.</summary>
    public async Task<HeaderMapping> MapAsync(
        CsvHeader header, Job source, ModelVersion model, bool? ignoreExtraColumns, CancellationToken cancellationToken)
    {
        var mapping = ColumnMapping.Map(header.Names, model.Schema, ignoreExtraColumns ?? false);
        if (mapping.Faults.Count == 0 || ignoreExtraColumns is not null)
            return mapping;
        // The source was accepted with its header, so what did not fit its version of the model was ignored.
        var then = await models.GetVersionAsync(source.TenantId, source.ModelId, source.ModelVersion, cancellationToken) ?? model;
        var ignored =
            ColumnMapping.Map(CsvHeader.Parse(source.HeaderLine, source.Grammar).Names, then.Schema, ignoreExtraColumns: false)
            .Faults.Select(fault => (fault.Error, fault.Column)).ToHashSet();
        bool IsIgnored(RejectEntry fault) => ignored.Contains((fault.Error, fault.Column));
        return mapping with
        {
            Faults = [.. mapping.Faults.Where(fault => !IsIgnored(fault))],
            Ignored = [.. mapping.Faults.Where(IsIgnored).Select(fault => fault.Column)],
        };
    }
}
