# Ruby's own parser. Standard input names a file a line; each answer is the file's tree without the contents of its texts, and those contents,
# as one line of JSON. A text that is put together while the program runs is no plain text, and shows in the tree.
require "json"

def shape(node, texts)
  return node.inspect unless node.is_a?(RubyVM::AbstractSyntaxTree::Node)

  if node.type == :STR
    texts << node.children[0]
    return "STR"
  end
  "#{node.type}(#{node.children.map { |child| child.is_a?(Array) ? child.inspect : shape(child, texts) }.join(",")})"
end

STDIN.each_line(chomp: true) do |path|
  texts = []
  tree = shape(RubyVM::AbstractSyntaxTree.parse_file(path), texts)
  puts JSON.generate({ tree: tree, texts: texts })
rescue SyntaxError => error
  puts JSON.generate({ tree: "SyntaxError: #{error.message}", texts: [] })
end
