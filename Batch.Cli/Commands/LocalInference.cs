using System.Globalization;
using System.Text.RegularExpressions;
using Batch.Cli.Progress;
using Batch.Csv.Inference;

namespace Batch.Cli.Commands;

/// <summary>Finds out the schema of a file here; no service is asked.</summary>
internal static partial class LocalInference
{
    public static async Task<InferredSchema> InferAsync(
        Session session, string path, InferenceOptions options, CancellationToken cancellationToken)
    {
        await using var input = await InputFile.OpenAsync(session.Terminal, path, cancellationToken);
        return await TransferProgress.ShowAsync(session.Terminal, input, async progress =>
        {
            await using var csv = input.Decompressed(progress);
            return await SchemaInference.InferAsync(csv, options, cancellationToken);
        });
    }

    /// <summary><c>10000</c>, <c>10000rows</c>, <c>64MB</c>, <c>1.5GiB</c>.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    internal static InferenceOptions WithSample(InferenceOptions options, string? sample)
    {
        if (sample is null)
            return options;
        var match = SampleSize().Match(sample);
        if (match.Success && double.TryParse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var unit = match.Groups["unit"].Value.ToUpperInvariant();
            var size = number * unit switch
            {
                "K" or "KB" => 1e3,
                "M" or "MB" => 1e6,
                "G" or "GB" => 1e9,
                "KIB" => 1 << 10,
                "MIB" => 1 << 20,
                "GIB" => 1 << 30,
                _ => 1,
            };
            if (size >= 1 && size <= long.MaxValue / 2)
                return unit is "" or "ROW" or "ROWS" ? options with { MaxRows = (long)size } : options with { MaxBytes = (long)size };
        }
        throw new UsageException($"--sample {sample} is not a size. Give a number of rows, like 10000, or a size, like 64MB.");
    }

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?) ?(?<unit>|rows?|b|[kmg]b?|[kmg]ib)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SampleSize();
}
