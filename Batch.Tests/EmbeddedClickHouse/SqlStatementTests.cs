using System.Text;
using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.Tests.EmbeddedClickHouse;

[Trait("Tier", "unit")]
public sealed class SqlStatementTests
{
    [Theory]
    [InlineData("INSERT INTO t FORMAT CSV\n1,2", "INSERT INTO t ", "CSV", "1,2")]
    [InlineData("INSERT INTO t FORMAT CSV \t\r\n\n1,2", "INSERT INTO t ", "CSV", "\n1,2")]
    [InlineData("insert into t format TSV;\n1", "insert into t ", "TSV", "1")]
    [InlineData("INSERT INTO t (a, `format`) SETTINGS x = 'FORMAT CSV' FORMAT `TSV`\n1", "INSERT INTO t (a, `format`) SETTINGS x = 'FORMAT CSV' ", "TSV", "1")]
    [InlineData("INSERT INTO format FORMAT CSV\n1", "INSERT INTO format ", "CSV", "1")]
    [InlineData("INSERT INTO db.values VALUES (1)", "INSERT INTO db.values ", "Values", " (1)")]
    [InlineData("INSERT INTO t (values) VALUES (1)", "INSERT INTO t (values) ", "Values", " (1)")]
    [InlineData("INSERT INTO TABLE t VALUES", "INSERT INTO TABLE t ", "Values", "")]
    [InlineData("INSERT INTO {t:Identifier} VALUES (1)", "INSERT INTO {t:Identifier} ", "Values", " (1)")]
    [InlineData("INSERT INTO FUNCTION null('a Int8') VALUES (1)", "INSERT INTO FUNCTION null('a Int8') ", "Values", " (1)")]
    [InlineData("/* VALUES */ INSERT -- FORMAT CSV\nINTO t VALUES (1)", "/* VALUES */ INSERT -- FORMAT CSV\nINTO t ", "Values", " (1)")]
    [InlineData("INSERT INTO \"odd ' name\" VALUES (1)", "INSERT INTO \"odd ' name\" ", "Values", " (1)")]
    public void Insert_is_cut_where_its_rows_begin(string text, string sql, string format, string rows)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        var statement = SqlStatement.Parse(bytes, isWhole: true);

        Assert.True(statement.TakesRows);
        Assert.Equal(sql, Encoding.UTF8.GetString(statement.Sql.Span));
        Assert.Equal(format, statement.Format);
        Assert.Equal(rows, Encoding.UTF8.GetString(bytes[statement.RowsStart..]));
    }

    [Theory]
    [InlineData("SELECT 1", null)]
    [InlineData("SELECT 1 FORMAT JSON", "JSON")]
    [InlineData("SELECT 1 FORMAT JSON; ", "JSON")]
    [InlineData("SELECT 1 FORMAT JSON SETTINGS max_threads = 1", "JSON")]
    [InlineData("SELECT 1 SETTINGS max_threads = 1 FORMAT JSON /* CSV */", "JSON")]
    [InlineData("SELECT 1 AS format", null)]
    [InlineData("SELECT format FROM t", null)]
    [InlineData("SELECT (SELECT 1 FORMAT JSON)", null)]
    [InlineData("SELECT 'FORMAT JSON'", null)]
    [InlineData("SELECT $$ FORMAT JSON $$", null)]
    [InlineData("SELECT 1 -- FORMAT JSON", null)]
    [InlineData("INSERT INTO t SELECT 1 FORMAT JSON", "JSON")]
    public void Format_of_the_answer_is_the_one_the_statement_ends_with(string text, string? format)
    {
        var statement = SqlStatement.Parse(Encoding.UTF8.GetBytes(text), isWhole: true);

        Assert.False(statement.TakesRows);
        Assert.Equal(format, statement.Format);
    }

    [Theory]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT 1;\n\nDROP TABLE t")]
    [InlineData("SELECT ';'; SELECT '")]
    [InlineData("INSERT INTO t SELECT 1; DROP TABLE t")]
    [InlineData("INSERT INTO t; DROP TABLE t")]
    [InlineData("INSERT INTO t (a; DROP TABLE t) VALUES (1)", false)]
    public void Second_statement_is_refused(string text, bool isRefusedHere = true)
    {
        var refused = Record.Exception(() => SqlStatement.Parse(Encoding.UTF8.GetBytes(text), isWhole: true));

        Assert.Equal(isRefusedHere, refused is EngineException { Code: ErrorCode.SyntaxError });
    }

    [Theory]
    [InlineData("INSERT INTO t FORM")]
    [InlineData("INSERT INTO t FORMAT CS")]
    [InlineData("INSERT INTO t VALUES")]
    [InlineData("SELECT 1")]
    [InlineData("   ")]
    public void Statement_longer_than_what_was_read_is_refused_and_not_guessed(string text) =>
        Assert.Throws<EngineException>(() => SqlStatement.Parse(Encoding.UTF8.GetBytes(text), isWhole: false));

    [Theory]
    [InlineData("(1, 'a;b'), (2, $$;$$);", "(1, 'a;b'), (2, $$;$$)")]
    [InlineData("(1, 'it''s;') /* ; */ ;\n -- end", "(1, 'it''s;') /* ; */ ")]
    [InlineData("(1)", "(1)")]
    public void Values_end_before_their_semicolon(string text, string rows) =>
        Assert.Equal(rows, Encoding.UTF8.GetString(ValuesRows.WithoutSemicolon(Encoding.UTF8.GetBytes(text)).Span));

    [Theory]
    [InlineData("SELECT file ('/x')", true)]
    [InlineData("SELECT `file`('/x')", true)]
    [InlineData("(1, file/* */\n('/x'))", true)]
    [InlineData("SELECT $$'$$, file('/x'), '", true)]
    [InlineData("SELECT 'file(1)', file, \"file\" AS profile, profile(1)", false)]
    [InlineData("SELECT 1 -- file(", false)]
    public void Calls_that_lead_to_files_are_found_and_nothing_else(string sql, bool isRefused)
    {
        var exception = Record.Exception(() => new CallGuard(allowFiles: false).Check(Encoding.UTF8.GetBytes(sql)));

        Assert.Equal(isRefused, exception is EngineException { Code: ErrorCode.AccessDenied });
    }

    [Fact]
    public void Tokens_of_any_bytes_follow_one_another_and_end()
    {
        const string Alphabet = "a1_ \n'`\"\\$-#/*;(),\u00e4";
        var random = new Random(20_240_517);
        for (var round = 0; round < 20_000; round++)
        {
            var text = Encoding.UTF8.GetBytes(random.GetItems<char>(Alphabet, random.Next(40)));
            var lexer = new SqlLexer(text);
            var end = 0;
            for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
            {
                Assert.True(token.Start >= end && token.End > token.Start && token.End <= text.Length);
                end = token.End;
            }
        }
    }
}
