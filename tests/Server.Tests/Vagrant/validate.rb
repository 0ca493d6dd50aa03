# What Vagrant's command validate says, in one process. Standard input names a provider and a folder a line; each answer is the folder and OK, or why not.
# Providers that cannot run here are taken for usable, so that their blocks are judged by their own classes of settings.
require "vagrant"

# Settings of the plugin vagrant-proxmox, which Debian does not have (its lib/vagrant-proxmox/config.rb): any other is an error.
class ProxmoxPlugin < Vagrant.plugin("2")
  name "proxmox"

  class Settings < Vagrant.plugin("2", :config)
    attr_accessor :endpoint, :selected_node, :user_name, :password, :vm_type, :vm_id_range, :vm_name_prefix, :vm_memory, :vm_storage,
      :qemu_os, :qemu_cores, :qemu_sockets, :qemu_template, :qemu_iso, :qemu_disk_size, :qemu_storage, :qemu_nic_model, :qemu_bridge
  end

  class Provider < Vagrant.plugin("2", :provider)
    def initialize(machine); end

    def action(name); end

    def state
      Vagrant::MachineState.new(:not_created, "not created", "not created")
    end
  end

  config(:proxmox, :provider) { Settings }
  provider(:proxmox) { Provider }
end

# What the command validate asks of each machine. The environment is the same for all files: to make one takes longer than to judge a file.
def judge(environment, folder, provider)
  loader = Vagrant::Config::Loader.new(Vagrant::Config::VERSIONS, Vagrant::Config::VERSIONS_ORDER)
  loader.set(:root, File.join(folder, "Vagrantfile"))
  file = Vagrant::Vagrantfile.new(loader, [:root])
  machine = file.machine(:default, provider.to_sym, environment.boxes, Pathname.new(folder).join("data").tap(&:mkpath), environment)
  errors = machine.config.validate(machine).values.flatten
  errors.empty? ? "OK" : errors.join(" ")
end

environments = {}
STDIN.each_line(chomp: true) do |line|
  provider, folder = line.split("\t")
  ENV["VAGRANT_DEFAULT_PROVIDER"] = provider
  begin
    environment = environments[provider]
    if environment.nil?
      environment = Vagrant::Environment.new(cwd: folder, ui_class: Vagrant::UI::Silent)
      Vagrant.plugin("2").manager.providers[provider.to_sym][0].define_singleton_method(:usable?) { |_ = false| true }
      # Which network devices the host has, vagrant-libvirt asks libvirtd; here is none, and any name will do.
      if provider == "libvirt"
        any = Class.new(Array) { define_method(:include?) { |_| true } }.new
        VagrantPlugins::ProviderLibvirt::Config.send(:define_method, :host_devices) { |_| any }
      end
      # The first of each provider is judged by the command itself, too.
      environment.cli("validate")
      environments[provider] = environment
    end
    puts "#{folder}\t#{judge(environment, folder, provider)}"
  rescue StandardError, LoadError, SyntaxError => error
    puts "#{folder}\t#{error.class}: #{error.message.gsub(/\s+/, " ")}"
  end
  STDOUT.flush
end
