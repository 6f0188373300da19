using System.Globalization;
using Batch.Api.Tenants;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Api.Uploads;

/// <summary>A caller's settings for a file: from the query, from headers, and from the form fields before the file.</summary>
/// <remarks>A setting may be given twice only with the same value, so that nobody has to guess which one wins.</remarks>
internal sealed class UploadSettings
{
    public const int MaxNameLength = 255;

    readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    public string? ModelId => _given.GetValueOrDefault("model_id");
    public string? FileName => _given.GetValueOrDefault("file_name");
    public string? Label => _given.GetValueOrDefault("label");
    /// <summary>How the file differs from what the model says; null where nothing is said.</summary>
    public FileDialect? Dialect { get; private set; }
    public bool? IgnoreExtraColumns { get; private set; }
    public long? MaxErrors { get; private set; }
    /// <summary>Where the header line is none of the model's, it may show how the file is written.</summary>
    public bool Detects { get; private set; } = true;
    public string? ShortRows => _given.GetValueOrDefault("short_rows");
    public string? Quotes => _given.GetValueOrDefault("quotes");

    public static UploadSettings Of(HttpRequest request)
    {
        var settings = new UploadSettings();
        foreach (var (name, values) in request.Query)
            foreach (var value in values)
                settings.Set(name, value ?? "");
        if (request.Headers.TryGetValue("Idempotency-Key", out var key))
            settings.Set("label", key.ToString());
        return settings;
    }

    /// <summary>Takes a setting; unknown names are ignored, because forms carry all sorts of fields.</summary>
    /// <returns>Whether it is one of ours.</returns>
    /// <exception cref="RequestException">The value is invalid, or another was given before.</exception>
    public bool Set(string name, string value)
    {
        switch (name)
        {
            case "model_id":
                value = value.Trim();
                break;
            case "file_name":
                value = CleanFileName(value);
                break;
            case "label":
                value = CheckLabel(value);
                break;
            case "extra_columns":
                IgnoreExtraColumns = value switch
                {
                    "" => null,
                    "ignore" => true,
                    "reject" => false,
                    _ => throw RequestException.BadParameter(name, value, "'ignore' or 'reject'"),
                };
                break;
            case "detect":
                Detects = value switch { "" or "true" => true, "false" => false, _ => throw RequestException.BadParameter(name, value, "'true' or 'false'") };
                break;
            case "short_rows" when value is not ("" or RowRules.Reject or RowRules.Pad):
                throw RequestException.BadParameter(name, value, $"'{RowRules.Reject}' or '{RowRules.Pad}'");
            case "quotes" when value is not ("" or RowRules.Strict or RowRules.Literal):
                throw RequestException.BadParameter(name, value, $"'{RowRules.Strict}' or '{RowRules.Literal}'");
            case "short_rows" or "quotes":
                break;
            case "max_errors":
                MaxErrors = value.Length == 0 ? null
                    : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
                    : throw RequestException.BadParameter(name, value, "a whole number from 0");
                break;
            case var _ when DialectOptions.Names.Contains(name):
                if (value.Length > 0)
                    Dialect = (Dialect ?? new()).With(name, value);
                break;
            default:
                return false;
        }
        if (value.Length == 0)
            return true;
        if (!_given.TryAdd(name, value) && _given[name] != value)
            throw new RequestException(400, "CONFLICTING_PARAMETER", name == "label"
                ? "Two different labels were given; 'label' and the header 'Idempotency-Key' mean the same. Give one."
                : $"'{name}' was given twice, with different values. Give it once, in the query or before the file in the form.");
        return true;
    }

    /// <summary>Takes a default, for a setting that the caller did not give.</summary>
    public void SetDefault(string name, string value)
    {
        if (!_given.ContainsKey(name))
            Set(name, value);
    }

    static string CheckLabel(string value)
    {
        value = value.Trim();
        // The rules for a label are those for a tenant, but it is optional.
        return value.Length == 0 || (value.Length <= MaxNameLength && value.Length <= Tenant.MaxLength && Tenant.IsValid(value)) ? value
            : throw RequestException.BadParameter("label", value, $"a label: 1 to {Tenant.MaxLength} printable characters");
    }

    // C:\data\a.csv and ../a.csv come from old browsers and from attacks; only the last part is kept, for people to read.
    static string CleanFileName(string value)
    {
        var name = value[(value.LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(name.Where(c => !char.IsControl(c))).Trim();
        return name.Length <= MaxNameLength ? name : name[^MaxNameLength..];
    }
}
