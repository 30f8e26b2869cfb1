package check

import "github.com/loginwatch/loginwatch"

// wall and behind word the two sorts of mark that most products have.
func wall(what string) front {
	return front{what, loginwatch.SignWall}
}

func behind(whom string) front { return front{"from behind " + whom, loginwatch.SignNone} }

// marks are the fronts that logins are met behind, those that say so themselves
// first. A header that a front sets on every answer tells only that it is there.
var marks = []mark{
	{status: 511, front: front{"from a network that wants its own sign-in", loginwatch.SignPortal}, source: "RFC 6585, 6"},
	{body: "wispaccessgatewayparam", front: front{"the sign-in page of a network", loginwatch.SignPortal}, source: "WISPr 1.0, Smart Client to Access Gateway"},

	{header: "Cf-Mitigated", value: "challenge", front: wall("a challenge by Cloudflare (header Cf-Mitigated)"), source: "Cloudflare, Detect a Challenge Page response"},
	{header: "X-Amzn-Waf-Action", front: wall("a challenge by AWS WAF (header X-Amzn-Waf-Action)"), source: "AWS WAF, CAPTCHA and Challenge action behavior"},
	{header: "X-Vercel-Mitigated", front: wall("stopped by Vercel (header X-Vercel-Mitigated)"), source: "Vercel, Response headers"},
	{header: "X-Sucuri-Block", front: wall("stopped by Sucuri (header X-Sucuri-Block)"), source: "Sucuri, Website Firewall"},
	{header: "X-Squid-Error", value: "err_access_denied", proxys: true, front: wall("stopped by a Squid proxy (header X-Squid-Error)"), source: "Squid, FAQ on error pages"},
	{body: "/cdn-cgi/challenge-platform/", front: wall("a challenge by Cloudflare"), source: "Cloudflare, Challenge platform"},
	{body: "cf-error-details", status: 403, front: wall("stopped by Cloudflare"), source: "Cloudflare, 1xxx errors"},
	{body: "error code: 10", header: "Server", value: "cloudflare", front: wall("stopped by Cloudflare"), source: "Cloudflare, 1xxx errors"},
	{body: "_incapsula_resource", front: wall("stopped by Imperva"), source: "Imperva, Error pages and codes"},
	{body: "awswafcookiedomainlist", front: wall("a challenge by AWS WAF"), source: "AWS WAF, client application integration"},
	{body: "captcha-delivery.com", front: wall("a captcha by DataDome"), source: "DataDome, Protection API"},
	{body: "px-captcha", front: wall("a captcha by HUMAN"), source: "HUMAN, Sensor documentation"},
	{body: "the requested url was rejected. please consult with your administrator", front: wall("stopped by F5 BIG-IP"), source: "F5, K14474: the default blocking page"},
	{body: "request forbidden by administrative rules", front: wall("stopped by a rule of HAProxy"), source: "HAProxy, http_err_msgs"},
	{body: "sucuri website firewall", front: wall("stopped by Sucuri"), source: "Sucuri, Website Firewall"},
	{header: "Server", value: "akamaighost", body: "access denied", front: wall("stopped by Akamai"), source: "Akamai, Reference errors"},
	{header: "Server", value: "cloudfront", body: "request blocked", front: wall("stopped by Amazon CloudFront"), source: "Amazon CloudFront, HTTP 403 troubleshooting"},
	{header: "Server", value: "azure", body: "web application firewall", front: wall("stopped by Azure's firewall"), source: "Azure, Application Gateway WAF"},
	{body: "fortiguard", front: wall("stopped by a Fortinet firewall"), source: "Fortinet, Replacement messages"},
	{header: "Server", value: "zscaler", front: wall("stopped by Zscaler"), source: "Zscaler, End user notifications"},
	{body: "not acceptable! an appropriate representation", front: wall("stopped by ModSecurity"), source: "ModSecurity, default denial on shared hosts"},
	{body: "captcha", front: wall("a page with a captcha"), source: "what such pages say"},
	{body: "enable javascript and cookies", front: wall("a page that tests for a browser"), source: "what such pages say"},
	{body: "checking your browser", front: wall("a page that tests for a browser"), source: "what such pages say"},

	{body: "maintenance", front: front{"a page that speaks of maintenance", loginwatch.SignMaintenance}, source: "what such pages say"},

	{header: "Server", value: "cloudflare", front: behind("Cloudflare"), source: "Cloudflare, HTTP headers"},
	{header: "X-Cache", value: "cloudfront", front: behind("Amazon CloudFront"), source: "Amazon CloudFront, Response headers"},
	{header: "X-Amz-Cf-Id", front: behind("Amazon CloudFront"), source: "Amazon CloudFront, Response headers"},
	{header: "Server", value: "awselb", front: behind("an AWS load balancer"), source: "AWS, Application Load Balancer"},
	{header: "Server", value: "akamai", front: behind("Akamai"), source: "Akamai, Edge server"},
	{header: "X-Iinfo", front: behind("Imperva"), source: "Imperva, HTTP headers"},
	{header: "X-Sucuri-Id", front: behind("Sucuri"), source: "Sucuri, Website Firewall"},
	{header: "X-Azure-Ref", front: behind("Azure Front Door"), source: "Azure Front Door, HTTP headers"},
	{header: "Server", value: "microsoft-azure-application-gateway", front: behind("Azure Application Gateway"), source: "Azure, Application Gateway"},
	{header: "X-Varnish", front: behind("Varnish"), source: "Varnish, HTTP headers"},
	{header: "Server", value: "squid", front: behind("a Squid proxy"), source: "Squid, via and server headers"},
	{header: "X-Served-By", value: "cache-", front: behind("Fastly"), source: "Fastly, X-Served-By"},
	{header: "Server", value: "bigip", front: behind("F5 BIG-IP"), source: "F5, iRules"},
	{header: "Server", value: "envoy", front: behind("Envoy"), source: "Envoy, HTTP header manipulation"},
	{header: "Via", front: behind("a proxy (header Via)"), source: "RFC 9110, 7.6.3"},
	{header: "X-Cache", front: behind("a cache (header X-Cache)"), source: "what caches send"},
}
