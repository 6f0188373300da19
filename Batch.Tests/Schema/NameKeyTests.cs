using Batch.Csv.Schema;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class NameKeyTests
{
    [Theory]
    [InlineData("ID", "id", "capitals")]
    [InlineData("Straße", "straße", "capitals")]
    [InlineData("id\u200B", "id", "an invisible character (U+200B)")]
    [InlineData("id", "i\u00ADd", "an invisible character (U+00AD)")]
    [InlineData("\uFEFFid", "id", "an invisible character (U+FEFF, a byte order mark)")]
    [InlineData("first name", "first_name", "blanks, '_' or '-'")]
    [InlineData("first\u00A0name", "first name", "blanks, '_' or '-'")]
    [InlineData("first-name", "firstname", "blanks, '_' or '-'")]
    [InlineData("cafe\u0301", "caf\u00E9", "the Unicode form of their letters (composed and decomposed, or of another width)")]
    [InlineData("\uAC00\uAC01", "\u1100\u1161\u1100\u1161\u11A8", "the Unicode form of their letters (composed and decomposed, or of another width)")]
    [InlineData("\u1EC7", "e\u0302\u0323", "the Unicode form of their letters (composed and decomposed, or of another width)")]
    [InlineData("ｉｄ", "id", "the Unicode form of their letters (composed and decomposed, or of another width)")]
    [InlineData("First Name", "first_name", "capitals and blanks, '_' or '-'")]
    [InlineData("CAFE\u0301\u200B", "caf\u00E9",
        "capitals and an invisible character (U+200B) and the Unicode form of their letters (composed and decomposed, or of another width)")]
    public void Names_that_look_alike_have_one_key_and_their_difference_is_named(string one, string other, string difference)
    {
        Assert.Equal(NameKey.Of(one), NameKey.Of(other));
        Assert.Equal(difference, NameKey.Difference(one, other));
        Assert.Equal(difference, NameKey.Difference(other, one));
    }

    [Theory]
    [InlineData("id", "ids")]
    [InlineData("caf\u00E9", "cafe")]
    [InlineData("o\u0308l", "\u00E9l")]
    public void Names_that_do_not_look_alike_have_two_keys(string one, string other) => Assert.NotEqual(NameKey.Of(one), NameKey.Of(other));

    [Theory]
    [InlineData("id", "'id'")]
    [InlineData("id\u200B", "'id<U+200B>'")]
    [InlineData("a\u00A0b c\t", "'a<U+00A0>b c<U+0009>'")]
    public void What_cannot_be_seen_is_shown_by_its_number(string name, string shown) => Assert.Equal(shown, NameKey.Show(name));

    // The table was made from Unicode's own; letters of each of its scripts are held against what they are known to be made of.
    [Theory]
    [InlineData("\u01D6", "u\u0304\u0308")]
    [InlineData("\u0419", "\u0418\u0306")]
    [InlineData("\u1F84", "\u03B1\u0301\u0313\u0345")]
    [InlineData("\u304C", "\u304B\u3099")]
    [InlineData("plain_ascii", "plain_ascii")]
    public void Letters_are_taken_apart(string text, string parts) => Assert.Equal(parts, Decomposition.Of(text));
}
