using System.Globalization;

namespace Batch.Api.Tenants;

/// <summary>Whose request this is. Handlers take it as a parameter; <see cref="TenantMiddleware"/> has settled it before.</summary>
internal sealed record Tenant(string Id)
{
    /// <summary>Whose things they are where nobody says.</summary>
    public const string Default = "tenant_a";

    public const int MaxLength = 128;

    public static ValueTask<Tenant?> BindAsync(HttpContext context) => new(context.Features.Get<Tenant>()
        ?? throw new InvalidOperationException("The route has a tenant parameter but was not mapped with WithTenant()."));

    /// <summary>1 to 128 printable characters: an id ends up in log lines, labels and answers.</summary>
    public static bool IsValid(string id)
    {
        if (id.Length is 0 or > MaxLength || id.Trim().Length != id.Length)
            return false;
        foreach (var rune in id.EnumerateRunes())
        {
            if (rune == System.Text.Rune.ReplacementChar || System.Text.Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                return false;
        }
        return true;
    }
}
