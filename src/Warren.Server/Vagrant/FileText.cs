using System.Text;

namespace Warren.Server.Vagrant;

/// <summary>A file of Ruby that grows line by line; here-documents follow the line that names them.</summary>
internal sealed class FileText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    public void Line(string line = "")
    {
        if (line.Length > 0) _text.Append(' ', _depth * 2).Append(line);
        _text.Append('\n');
    }

    /// <summary>A comment; whatever it says stays on its line.</summary>
    public void Comment(string text) => Line("# " + string.Concat(text.Select(c => c is < ' ' or > '~' ? ' ' : c)));

    /// <summary>A line that opens a block, what is in it, and its end.</summary>
    public void Block(string opening, Action<FileText> inside)
    {
        Line(opening);
        _depth++;
        inside(this);
        _depth--;
        Line("end");
    }

    /// <summary>A line with a longer text at its end.</summary>
    public void Script(string before, string script)
    {
        var (value, following) = Ruby.Script(script);
        Line(before + value + following);
    }

    public override string ToString() => _text.ToString();
}
