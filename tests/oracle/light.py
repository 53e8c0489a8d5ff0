#!/usr/bin/env python3
"""light.py PROGRAM CAPTURES [--report]: what the light decoders read, held against tshark, capture by capture.

For each protocol a set of facts: who claims which address (arp), names (lldp, dhcp, dns, netbios, tls), versions (ssh, smb, tls), strata
(ntp), paths (http). Both sets must be equal, but for the differences that EXPLAINED has with their reason. At the end as many facts must
have been compared as LEAST says, so that a decoder that reads nothing is not in agreement with a tshark that reads nothing.
Exit 0: equal; 1: not; 77: skipped.
"""
import json
import pathlib
import shutil
import subprocess
import sys

# Facts that must at least be common to both, over all captures.
LEAST = {"arp": 100, "lldp": 10, "dhcp": 3, "dns": 10, "netbios": 40, "ntp": 1, "http": 4, "tls-version": 1,
         "ssh": 10, "smb": 3, "smb-name": 10}

# (protocol, capture, fact or None for all of it): reason.
EXPLAINED = {
    ("ssh", "it-noise/zeek__ssh.pcap", None): "on ports 40184 and 2200, where tshark looks for none",
    ("tls-version", "modbus/antoine-lemay__exploit_ms08_netapi_modbus_6RTU_with_operate.pcap", "SSL 3"):
        "begins in the middle of a conversation that carried a program before",
}

FIELDS = ["frame.number", "_ws.col.Protocol",
          "arp.opcode", "arp.src.proto_ipv4", "arp.src.hw_mac",
          "lldp.tlv.system.name", "lldp.chassis.subtype", "lldp.chassis.id", "dhcp.option.hostname", "dhcp.fqdn.name", "dhcp.type",
          "dns.qry.name", "udp.port", "nbns.name", "ntp.stratum", "ntp.flags.mode", "http.request.uri",
          "tls.handshake.type", "tls.handshake.version", "tls.handshake.extensions.supported_version",
          "tls.handshake.extensions_server_name", "tls.handshake.ciphersuite",
          "ssh.protocol", "smb2.dialect", "smb2.flags.response", "smb2.cmd",
          "ntlmssp.challenge.target_info.nb_computer_name",
          "ntlmssp.challenge.target_info.dns_computer_name", "ntlmssp.auth.hostname", "icmp.type"]

TLS = {"0x0300": "SSL 3", "0x0301": "TLS 1.0", "0x0302": "TLS 1.1", "0x0303": "TLS 1.2", "0x0304": "TLS 1.3"}
SMB = {"0x0202": "SMB 2.0.2", "0x0210": "SMB 2.1", "0x0300": "SMB 3.0", "0x0302": "SMB 3.0.2", "0x0311": "SMB 3.1.1"}


def theirs(capture):
    command = ["tshark", "-r", str(capture), "-T", "fields", "-E", "separator=\x1f", "-E", "occurrence=a", "-E",
               "aggregator=\x1e", "-Y", "arp || lldp || dhcp || dns || llmnr || nbns || ntp || http || tls || ssh || smb || smb2"]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    facts = set()
    for line in run.stdout.decode("utf-8", "replace").split("\n"):
        if not line:
            continue
        row = dict(zip(FIELDS, line.split("\x1f")))
        if row.get("icmp.type"):
            continue  # the beginning of somebody else's packet inside of an error message
        first = lambda field: row[field].split("\x1e")[0]
        every = lambda field: [v for v in row[field].split("\x1e") if v]
        if row["arp.src.proto_ipv4"] and first("arp.opcode") in ("1", "2") and first("arp.src.proto_ipv4") != "0.0.0.0":
            facts.add(("arp", first("arp.src.proto_ipv4") + " " + first("arp.src.hw_mac")))
        # A name that the maker put there may stand in the chassis identifier, where it is "locally assigned" (7).
        names = every("lldp.tlv.system.name")
        if not names and first("lldp.chassis.subtype") == "7":
            names = [bytes.fromhex(value.replace(":", "")).decode("utf-8", "replace").strip() for value in every("lldp.chassis.id")]
        for name in names:
            facts.add(("lldp", name))
        if row["dhcp.type"]:
            name = first("dhcp.fqdn.name") or first("dhcp.option.hostname")
            if name and first("dhcp.type") == "1":
                facts.add(("dhcp", name))
        if row["dns.qry.name"] and "5353" not in every("udp.port"):
            facts.add(("dns", first("dns.qry.name").lower()))
        if row["nbns.name"]:
            facts.add(("netbios", first("nbns.name").split("<")[0].strip()))
        if row["ntp.stratum"] and first("ntp.flags.mode") == "4":
            facts.add(("ntp", first("ntp.stratum")))
        for uri in every("http.request.uri"):
            facts.add(("http", uri.split("?")[0][:128]))
        types = every("tls.handshake.type")
        if "1" in types:
            for name in every("tls.handshake.extensions_server_name"):
                facts.add(("tls-name", name))
        elif "2" in types:
            version = first("tls.handshake.extensions.supported_version") or first("tls.handshake.version")
            facts.add(("tls-version", TLS.get(version, version)))
        for banner in every("ssh.protocol"):
            facts.add(("ssh", banner.strip()))
        if row["smb2.dialect"] and "0" in every("smb2.cmd") and every("smb2.flags.response")[:1] in (["1"], ["True"]):
            for dialect in every("smb2.dialect"):
                if dialect.lower() in SMB:
                    facts.add(("smb", SMB[dialect.lower()]))
        for field in ("challenge.target_info.nb_computer_name", "challenge.target_info.dns_computer_name", "auth.hostname"):
            for name in every("ntlmssp." + field):
                if name != "NULL":
                    facts.add(("smb-name", name))
    return facts


def ours(program, capture):
    run = subprocess.run([program, "watch", "--read", str(capture), "--json", "-", "--operations", "all", "--quiet"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    facts = set()
    for line in run.stdout.decode("utf-8").splitlines():
        event = json.loads(line)
        app, own = event.get("app_proto"), event.get("rampart", {})
        kind, attribute, text = event["event_type"], own.get("attribute"), own.get("text", "")
        if kind == "asset" and app == "arp" and attribute == "address" and own.get("basis") != "probed":
            facts.add(("arp", own["about_ip"] + " " + own["about_mac"]))
        elif kind == "asset" and attribute == "name" and app == "lldp":
            facts.add(("lldp", text))
        elif kind == "asset" and attribute == "name" and app == "dhcp":
            facts.add(("dhcp", text))
        elif kind == "operation" and app in ("dns", "netbios", "http") and "object" in own:
            facts.add((app, own["object"].lower() if app == "dns" else own["object"]))
        elif kind == "asset" and app == "ntp" and attribute == "clock" and event["src_port"] == 123:
            for word in text.split(", "):
                if word.startswith("stratum "):
                    facts.add(("ntp", word[8:]))
        elif kind == "operation" and app == "tls" and "object" in own:
            facts.add(("tls-name", own["object"]))
        elif kind == "protection" and app in ("tls", "rdp", "ftp") and own.get("text", "").startswith(("TLS_", "suite")):
            if own["method"].startswith(("TLS", "SSL")):
                facts.add(("tls-version", own["method"]))
        elif kind == "protection" and app == "ssh" and own["protection"] == "encrypted":
            facts.add(("ssh", text))
        elif kind == "asset" and app == "smb" and attribute == "version" and text.startswith(("SMB 2", "SMB 3")):
            facts.add(("smb", text))
        elif kind == "asset" and app == "smb" and attribute == "name":
            facts.add(("smb-name", text))
    return facts


def main():
    program, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which("tshark") or not captures.is_dir() or not pathlib.Path(program).exists():
        print("skipped: needs tshark, the captures beside the repository, and the release build")
        return 77
    common, different = {}, []
    files = sorted(p for p in captures.rglob("*") if p.suffix in (".pcap", ".pcapng", ".cap"))
    for capture in files:
        them, us = theirs(capture), ours(program, capture)
        name = str(capture.relative_to(captures))
        for fact in them & us:
            common[fact[0]] = common.get(fact[0], 0) + 1
        for side, facts in (("tshark alone", them - us), ("ours alone", us - them)):
            for protocol, fact in sorted(facts):
                if not any((protocol, name, f) in EXPLAINED for f in (fact, None)) and (protocol, None, side) not in EXPLAINED:
                    different.append("%s: %s, %s: %s" % (name, protocol, side, fact))
    for line in different[:200]:
        print(line)
    for protocol, least in LEAST.items():
        if common.get(protocol, 0) < least:
            different.append("")
            print("%s: %d facts in common, at least %d are there" % (protocol, common.get(protocol, 0), least))
    print("%d captures, facts in common: %s; %d differences" %
          (len(files), ", ".join("%s %d" % item for item in sorted(common.items())), len(different)))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
