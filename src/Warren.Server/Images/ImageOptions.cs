namespace Warren.Server.Images;

/// <summary>Configuration section <c>Images</c>.</summary>
public sealed class ImageOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Images";

    /// <summary>Lets URLs lead to loopback, link-local and private addresses. Off: a user could reach the host's neighbours through the server.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Host names and literal addresses whose addresses are not checked, such as a mirror inside the own network.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>
    /// Proxy for downloads, <c>socks5://[user:password@]host:port</c> (or <c>socks5h</c>, the same here); none when null. Names are
    /// then resolved by the proxy, so only literal addresses and local names can be refused before. Proxies named in environment variables are never used.
    /// </summary>
    public string? Proxy { get; set; }

    /// <summary>Largest file taken in, in bytes.</summary>
    public long MaximumBytes { get; set; } = 64L << 30;

    /// <summary>Largest virtual disk taken in, in bytes: a small qcow2 can claim an enormous one.</summary>
    public long MaximumVirtualBytes { get; set; } = 1L << 40;

    /// <summary>Smallest ISO taken in, in bytes. Bootable images are larger; error pages and stubs are not.</summary>
    public long MinimumIsoBytes { get; set; } = 10_000_000;

    /// <summary>Free space that stays free on the store's disk, in bytes.</summary>
    public long ReservedFreeBytes { get; set; } = 1L << 30;

    /// <summary>Time to reach a server: name look-up, connection, TLS.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A server that sends nothing for this long is given up and tried again.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts without any new byte before a download fails.</summary>
    public int Attempts { get; set; } = 5;

    /// <summary>First wait between attempts; doubles up to 30 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many bytes may be lost by a power cut before the download's state is written down again.</summary>
    public long CheckpointBytes { get; set; } = 16L << 20;

    /// <summary>Folders from which files may be imported by path; empty forbids it.</summary>
    public IList<string> AllowedFolders { get; set; } = [];

    /// <summary>Folder with the catalogue, the recipes and shipped keys; <c>images</c> beside the program when null.</summary>
    public string? Folder { get; set; }

    /// <summary>Further folder in which an administrator keeps keyrings (OpenPGP, binary or armoured).</summary>
    public string? KeyFolder { get; set; }
}
