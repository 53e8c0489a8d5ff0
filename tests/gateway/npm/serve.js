// A Modbus server by modbus-serial: `node serve.js HOST PORT`. Prints "ready", then each write that reaches it.
const {ServerTCP} = require("modbus-serial");
const [host, port] = process.argv.slice(2);
const registers = new Map([[10, 1234]]);
const server = new ServerTCP({
  getHoldingRegister: address => registers.get(address) || 0,
  setRegister: (address, value) => {
    registers.set(address, value);
    process.stdout.write(`write ${address} ${value}\n`);
  },
}, {host, port: Number(port), unitID: 1});
server.on("initialized", () => process.stdout.write("ready\n"));
server.on("serverError", error => { console.error(error); process.exit(1); });
