using System.CommandLine;
using Codes = Batch.Cli.ExitCodes;

namespace Batch.Cli.Help;

/// <summary>Examples and exit codes of every command. Built only when help is requested.</summary>
internal static class CommandGuides
{
    const string Done = "done";
    const string Success = "every row was loaded, or there was nothing to wait for";
    const string Failed = "the job failed or was cancelled, or the service refused";
    const string Refused = "the service refused, or the file cannot be used";

    static readonly (int, string) Usage = (Codes.Usage, "the command line is wrong");
    static readonly (int, string) Interrupted = (Codes.Interrupted, "interrupted with Ctrl-C");
    static readonly (int, string)[] Service =
    [
        (Codes.Auth, "the API key or the tenant was not accepted"), (Codes.NotFound, "there is no such job, model or file"),
        (Codes.Unreachable, "the service does not answer or is unavailable"),
    ];
    static readonly (int, string)[] Waited =
    [
        (Codes.Success, Success), (Codes.Failure, Failed), Usage, (Codes.PartialSuccess, "some rows were loaded, some rejected"),
        .. Service, (Codes.Timeout, "--timeout expired; the job continues"), Interrupted,
    ];
    static readonly (int, string)[] Asked = [(Codes.Success, Done), (Codes.Failure, Refused), Usage, .. Service, Interrupted];
    static readonly (int, string)[] Local =
        [(Codes.Success, Done), (Codes.Failure, "the file cannot be used"), Usage, (Codes.NotFound, "there is no such file"), Interrupted];

    /// <summary>Null where a command only groups others.</summary>
    public static CommandGuide? Find(Command command) => PathOf(command) switch
    {
        "" => new(
            ["batch schema data.csv > model.json", "batch validate model.json data.csv", "batch model create purchases model.json",
                "batch job create purchases data.csv --wait", "batch job rejected a5b6c7d8"],
            [(Codes.Success, "done; with --wait: every row was loaded"), (Codes.Failure, "it failed, or the service refused"), Usage,
                (Codes.PartialSuccess, "some rows are good, some bad"), .. Service, (Codes.Timeout, "--timeout expired"),
                (Codes.NotOver, "verify: the job is not over yet, so nothing is proven"), Interrupted]),
        "schema" => new(
            ["batch schema data.csv", "batch schema data.csv > model.json && batch model create purchases model.json",
                "batch schema data.csv.gz --format ddl --table purchases", "batch schema big.csv --sample 100000rows",
                "zcat a.gz | batch schema - --delimiter ';' --quiet",
                "batch schema data.csv --output json"],
            Local),
        "validate" => new(
            ["batch validate model.json data.csv", "batch validate purchases january.csv february.csv.gz", "batch validate model.json data.csv --summary",
                "batch validate model.json data.csv --code NOT_A_FLOAT --limit 20", "batch validate model.json data.csv --output csv > bad.csv"],
            [(Codes.Success, "every row is good"), (Codes.Failure, "no row is good, the header does not fit, or the file is not CSV"), Usage,
                (Codes.PartialSuccess, "some rows are good, some bad"), .. Service, Interrupted]),
        "model list" => new(["batch model list", "batch model list --output json"], Asked),
        "model describe" => new(["batch model describe purchases", "batch model describe 456a --output csv"], Asked),
        "model create" => new(
            ["batch model create purchases model.json", "batch model create purchases --from data.csv",
                "batch schema data.csv -q | batch model create purchases -",
                "batch model create purchases model.json --order-by timestamp,event_id"], Asked),
        "model update" => new(["batch model update purchases model.json", "batch model update 456a model.json --name sales"], Asked),
        "model delete" => new(["batch model delete purchases", "batch model delete 456a78 --drop-data --yes"], Asked),
        "job list" => new(
            ["batch job list", "batch job list --state failed --limit 20", "batch job list --model purchases", "batch job list --watch", "batch job list --output ndjson"],
            Asked),
        "job status" => new(["batch job status a5b6c7d8", "batch job status a5b6c7d8 --watch", "batch job status a5b6c7d8 --output json"], Waited),
        "job create" => new(
            ["batch job create purchases data.csv", "batch job create purchases data.csv --wait --timeout 10m", "batch job create purchases *.csv.gz --wait",
                "cat data.csv | batch job create purchases - --label today", "batch job create purchases data.csv --delimiter ';' --max-errors 100"], Waited),
        "job wait" => new(["batch job wait a5b6c7d8", "batch job wait a5b6c7d8 a6b7c8d9 --timeout 5m"], Waited),
        "job cancel" => new(["batch job cancel a5b6c7d8"], Asked),
        "job rejected" => new(
            ["batch job rejected a5b6c7d8", "batch job rejected a5b6c7d8 --summary", "batch job rejected a5b6c7d8 --code NOT_A_FLOAT --column amount",
                "batch job rejected a5b6c7d8 --output csv > fix.csv"], Asked),
        "reprocess" or "job reprocess" => new(
            [.. new[] { "a5b6c7d8", "a5b6c7d8 --file fix.csv --wait", "a5b6c7d8 --only NULL_VALUE --set amount=0", "a5b6c7d8 --again" }.Select(rest =>
                $"batch {PathOf(command)} {rest}")], Waited),
        "job verify" => new(
            ["batch job verify a5b6c7d8"],
            [(Codes.Success, "the tables agree with the job's counts"), (Codes.Failure,
                "they do not, or the service refused"), Usage, .. Service, (Codes.NotOver, "the job is not over yet, so nothing is proven"), Interrupted]),
        "dead-letter list" => new(["batch dead-letter list", "batch dead-letter list --job a5b6c7d8 --output json"], Asked),
        "dead-letter rows" => new(["batch dead-letter rows a5b6c7d8:17 > rows.csv"], Asked),
        "dead-letter retry" => new(["batch dead-letter retry a5b6c7d8:17 --wait", "batch dead-letter retry a5b6c7d8:17 a5b6c7d8:18"], Waited),
        "explain" => new(["batch explain", "batch explain NOT_A_FLOAT"], [(Codes.Success, Done), Usage, (Codes.NotFound, "there is no such code")]),
        "context list" => new([$"batch {PathOf(command)}"], Settings),
        "context use" or "context delete" => new([$"batch {PathOf(command)} production"], Settings),
        "context set" => new(
            ["batch context set production --api-url https://batch.example.com --tenant shop", "batch context set production --api-key-stdin < key.txt"],
            Settings),
        "completion" => new(
        [
            "source <(batch completion bash)", "batch completion zsh > ~/.zfunc/_batch",
            "batch completion fish > ~/.config/fish/completions/batch.fish"
        ], Settings),
        _ => null,
    };

    static (int, string)[] Settings => [(Codes.Success, Done), (Codes.Failure, "the config file cannot be read or written"), Usage];

    internal static string PathOf(Command command)
    {
        var names = new Stack<string>();
        for (Command? at = command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
            names.Push(at.Name);
        return string.Join(' ', names);
    }
}
