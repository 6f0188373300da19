using System.Security.Cryptography;
using System.Text;
using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>The one user there is, <c>default</c>. Without a password everyone who reaches the port is let in, as on a fresh server.</summary>
internal sealed class Credentials(string password)
{
    readonly byte[] _password = Encoding.UTF8.GetBytes(password);

    /// <exception cref="EngineException">AUTHENTICATION_FAILED.</exception>
    internal void Check(HttpRequest request)
    {
        if (_password.Length == 0)
        {
            return;
        }
        var (user, given) = Read(request);
        if (user != "default" || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _password))
        {
            throw EngineException.Of(ErrorCode.AuthenticationFailed, "AUTHENTICATION_FAILED",
                $"{user}: Authentication failed: password is incorrect, or there is no user with such name.");
        }
    }

    static (string User, string Password) Read(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.ContainsKey("X-ClickHouse-User") || headers.ContainsKey("X-ClickHouse-Key"))
        {
            return (OrDefault(headers["X-ClickHouse-User"]), headers["X-ClickHouse-Key"].ToString());
        }
        var authorization = headers.Authorization.ToString();
        var basic = new byte[authorization.Length];
        if (authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) &&
            Convert.TryFromBase64String(authorization["Basic ".Length..].Trim(), basic, out var length))
        {
            var pair = Encoding.UTF8.GetString(basic, 0, length);
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? (OrDefault(pair), "") : (OrDefault(pair[..colon]), pair[(colon + 1)..]);
        }
        return (OrDefault(request.Query["user"]), request.Query["password"].ToString());
    }

    static string OrDefault(string? user) => string.IsNullOrEmpty(user) ? "default" : user;
}
