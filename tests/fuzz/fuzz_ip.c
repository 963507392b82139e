#include "fuzz.h"
#include "base/ip.h"

/* An address is the same when printed and read again; a network has it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	char text[IP_TEXT];
	struct ipnet net;
	struct ip ip, again;

	if (ip_parse(in, &ip)) {
		HOLDS(ip_parse(sl(ip_str(&ip, text)), &again));
		HOLDS(ip_eq(&ip, &again) && ip_cmp(&ip, &again) == 0);
		HOLDS(!ip_is_loopback(&ip) || ip_is_private(&ip));
		HOLDS(ipnet_parse(sl(text), &net) && ipnet_has(&net, &ip));
	}
	if (ipnet_parse(in, &net)) {
		HOLDS(net.bits <= 128);
		HOLDS(ipnet_has(&net, &net.ip));
	}
	return 0;
}
