using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary>A file is read in one go.</summary>
[Trait("Tier", "unit")]
public sealed class FileLengthTests
{
    const int MaxLines = 300;

    [Fact]
    public void No_source_file_has_more_than_300_lines()
    {
        var files = Repository.CSharpFiles()
            .Select(file => (Name: Path.GetRelativePath(Repository.Root, file), Lines: File.ReadLines(file).Count())).ToList();

        Assert.NotEmpty(files);
        Assert.Equal([], files.Where(file => file.Lines > MaxLines).Select(file => $"{file.Name}: {file.Lines} lines"));
    }
}
