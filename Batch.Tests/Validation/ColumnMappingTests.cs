using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Tests.Validation;

[Trait("Tier", "unit")]
public sealed class ColumnMappingTests
{
    [Fact]
    public void A_header_line_that_names_no_column_of_the_model_is_a_fault_even_where_nothing_is_required_and_others_are_ignored()
    {
        var model = Chunk.Model(Chunk.Text("a") with { Optional = true }, Chunk.Text("b") with { Optional = true });
        var fault = Assert.Single(ColumnMapping.Map(["{\"a\":1}"], model, ignoreExtraColumns: true).Faults);
        Assert.Equal(("NO_KNOWN_COLUMN", "", 0L), (fault.Error, fault.Column, fault.Row));
        Assert.Equal("The header line names none of the model's columns. Begin the file with a line of their names, and check the separator and the model.",
            fault.Message);
        Assert.True(ColumnMapping.Map(["x", "b"], model, ignoreExtraColumns: true).Fits);
    }

    static readonly ModelSchema Model =
        Chunk.Model(Chunk.Text("event_id"), Chunk.Column("timestamp", ColumnType.Timestamp, "UInt32"), Chunk.Text("note") with { Optional = true });

    [Fact]
    public void Columns_are_found_by_name_in_any_order()
    {
        var verdict = ColumnMapping.Map(["note", "timestamp", "event_id"], Model, ignoreExtraColumns: false);
        Assert.True(verdict.Fits);
        Assert.Equal([2, 1, 0], verdict.Mapping);
    }

    [Fact]
    public void Optional_columns_may_be_left_out() => Assert.True(ColumnMapping.Map(["event_id", "timestamp"], Model, ignoreExtraColumns: false).Fits);

    [Fact]
    public void Every_fault_of_a_header_is_one_error_of_row_0()
    {
        var verdict = ColumnMapping.Map(["event_id", "", "Timestamp", "event_id"], Model, ignoreExtraColumns: false);
        Assert.Equal(
            [
                ("column 2", "STRING", ErrorCodes.BlankHeader, "The header of 'column 2' is blank. Give the column a name or remove it."),
                ("Timestamp", "STRING", ErrorCodes.ExtraColumn,
                    "The column 'Timestamp' is not in the schema. Remove or update your schema. 'Timestamp' is near 'timestamp': they differ in capitals."),
                ("event_id", "STRING", ErrorCodes.DuplicateColumn, "The column 'event_id' appears more than once in the header. Keep one of them."),
                ("timestamp", "TIMESTAMP", ErrorCodes.MissingColumn,
                    "The required column 'timestamp' is missing. Please include a valid timestamp column. 'Timestamp' is near 'timestamp': they differ in capitals."),
            ],
            verdict.Faults.Select(fault => (fault.Column, fault.Type, fault.Error, fault.Message)));
        Assert.Equal([0, 1, 2, 3], verdict.Faults.Select(fault => fault.Seq));
        Assert.All(verdict.Faults, fault => Assert.Equal((0L, 1L, null, null), (fault.Row, fault.Line, fault.EventId, fault.Observed)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Extra_columns_are_skipped_where_model_or_job_say_so(bool job, bool model)
    {
        var verdict = ColumnMapping.Map(["", "event_id", "x", "x", "timestamp"], Model with { IgnoreExtraColumns = model }, job);
        Assert.True(verdict.Fits);
        Assert.Equal([-1, 0, -1, -1, 1], verdict.Mapping);
        Assert.Equal(
            ErrorCodes.DuplicateColumn,
            Assert.Single(ColumnMapping.Map(["event_id", "timestamp", "timestamp"], Model with { IgnoreExtraColumns = model }, job).Faults).Error);
    }

    [Fact]
    public void An_event_id_is_wanted_even_where_the_model_calls_it_optional() =>
        Assert.Equal(
            "The required column 'event_id' is missing. Each event must have a unique event_id.",
            Assert.Single(ColumnMapping.Map(["a"], Chunk.Model(Chunk.Text("event_id") with { Optional = true }, Chunk.Text("a")), false).Faults).Message);
}
