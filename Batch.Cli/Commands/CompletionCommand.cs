using System.CommandLine;

namespace Batch.Cli.Commands;

/// <summary><c>batch completion SHELL</c> prints a script; the script asks <c>batch complete</c> what may come next.</summary>
internal static class CompletionCommand
{
    static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong(Shells);
        var command = new Command("completion", """
            Print a script that completes commands, options, models, jobs and codes.

            bash: eval "$(batch completion bash)" in ~/.bashrc
            zsh:  eval "$(batch completion zsh)" in ~/.zshrc, after compinit
            fish: batch completion fish > ~/.config/fish/completions/batch.fish
            """) { shell };
        Session.Bind(command, terminal, (session, _) =>
        {
            session.Terminal.Out.Write(session.Get(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    /// <summary>Hidden: prints what may stand in place of the last word, one a line.</summary>
    public static Command CreateComplete(Terminal terminal, Command root)
    {
        var words = new Argument<string[]>("word") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("complete", "Suggest completions") { words };
        command.Hidden = true;
        Session.Bind(command, terminal, (session, _) =>
        {
            // One line of text, as the parser wants it to tell 'job' from 'job '.
            var line = string.Join(' ', session.Get(words));
            var last = session.Get(words).LastOrDefault("");
            foreach (var item in root.Parse(line).GetCompletions(line.Length))
            {
                var text = item.InsertText ?? item.Label;
                // Help and version have more spellings than anybody wants to choose from.
                if (text.StartsWith(last, StringComparison.OrdinalIgnoreCase) && text is not ("-?" or "/?" or "/h" or "-h"))
                    session.Terminal.Out.WriteLine(item.Detail is { Length: > 0 } detail ? $"{text}\t{detail.ReplaceLineEndings(" ")}" : text);
            }
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    const string Bash = """
        _batch_complete() {
            local IFS=$'\n' words=("${COMP_WORDS[@]:1:COMP_CWORD}")
            COMPREPLY=( $("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null | cut -f1) )
        }
        complete -o default -F _batch_complete batch batchcli

        """;

    const string Zsh = """
        _batch_complete() {
            local -a found
            found=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\:/g; s/\t/:/')}")
            if [[ -n "$found" ]]; then _describe batch found; else _files; fi
        }
        compdef _batch_complete batch batchcli

        """;

    const string Fish = """
        complete -c batch -a '(batch complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'

        """;
}
